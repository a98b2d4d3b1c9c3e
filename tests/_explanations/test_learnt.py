"""What an explainer has learnt."""

from sklime._explanations._learnt import Learnt


def test_facts_and_columns_become_html():
    html = Learnt([("Model", "SVC")], [("age", "bins", ["1", "2"])]).to_html()
    assert "SVC" in html
    assert "1, 2" in html

"""What stands where a part is removed, for arrays of any number of axes with channels last."""

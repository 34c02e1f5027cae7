// PinwheelWorkloads

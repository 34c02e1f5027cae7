// PinwheelTopology

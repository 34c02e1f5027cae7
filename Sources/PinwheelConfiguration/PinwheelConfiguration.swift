// PinwheelConfiguration

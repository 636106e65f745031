"""What costs time and memory, printed as ratios measured in one run; nothing is asserted."""

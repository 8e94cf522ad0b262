"""What ``make bench`` runs. Times are compared within one run, as ratios: machines drift."""

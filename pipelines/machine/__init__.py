"""What a run has of the machine: what a fault of its disk means, and what a lack of memory."""

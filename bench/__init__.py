"""What this project is measured with: the demo, and speed and memory beside named baselines in the same run."""

"""What a study computes: kinds of tasks, the plan, the table."""

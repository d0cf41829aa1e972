"""Settings of Newton's method for the intercepts."""

# Of the mean error of a task: near the rounding of a sum of weights that is 1.
TOLERANCE = 1e-13
# Far from the optimum the curvature vanishes, and a full step would overshoot.
LARGEST_STEP = 2.0
MAX_STEPS = 50

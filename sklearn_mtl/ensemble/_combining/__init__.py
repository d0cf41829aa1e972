"""How the predictions of several candidates become one."""

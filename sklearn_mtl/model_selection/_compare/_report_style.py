"""How the report of a comparison looks, on a wide screen and on a phone."""

STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #fff; color: #222;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #ddd; }
.lead { font-size: 1.1rem; overflow-wrap: anywhere; }
.wide { overflow-x: auto; margin: 1rem 0; }
svg { max-width: 100%; min-width: 28rem; height: auto; }
table { border-collapse: collapse; font-size: 0.85rem;
  font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
.figures td, .figures th, td:first-child { white-space: nowrap; }
th { border-bottom: 2px solid #999; }
td { border-bottom: 1px solid #eee; }
.helps { color: #0072b2; }
.hurts { color: #b94a00; }
summary { cursor: pointer; margin: 0.5rem 0; }
pre { background: #f6f6f6; padding: 0.75rem; overflow-x: auto; font-size: 0.8rem; }
footer { margin-top: 2rem; color: #666; font-size: 0.85rem; }
"""

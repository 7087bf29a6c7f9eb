"""InjecAgent: does an injection in a tool's result make the agent call the attacker's tools?

A scorer written from the published rules and tested for equal verdicts on published outputs. The
cases are not shipped; a folder holding them is named by whoever scores. Source: InjecAgent (Zhan
et al., 2024), arXiv 2403.02691, https://github.com/uiuc-kang-lab/InjecAgent.
"""

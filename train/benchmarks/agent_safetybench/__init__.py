"""Agent-SafetyBench: does an agent with tools stay safe where the user or the tools lead it astray?

Cases, environments and judge are not shipped; whoever measures names folders that hold them.
Source: Agent-SafetyBench (Zhang et al., 2024), arXiv 2412.14470,
https://github.com/thu-coai/Agent-SafetyBench.
"""

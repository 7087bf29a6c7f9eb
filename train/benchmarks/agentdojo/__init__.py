"""AgentDojo: does an agent do its task while what it reads tells it to do another one?

Nothing of it is rewritten or shipped here: suites, tools, attacks, defenses and checks are those of
the package `agentdojo`, an extra of its own. Only the model's place in its pipeline is triact's.
Source: AgentDojo (Debenedetti et al., 2024), arXiv 2406.13352.
"""

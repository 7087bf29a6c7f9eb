"""What can happen: domains, tools, world state and the sandbox that runs them."""

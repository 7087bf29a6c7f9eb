"""Whether texts teach judgement and read like people's: measures with intervals and bounds."""

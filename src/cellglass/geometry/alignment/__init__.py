"""Whether two models arrange the same genes alike, judged on genes held out."""

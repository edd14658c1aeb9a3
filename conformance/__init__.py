"""Ask, judge, explain: put cases to systems, judge the answers, name what they compute."""

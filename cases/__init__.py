"""The questions: operation, arguments, and what a wrong answer would show. No answers."""

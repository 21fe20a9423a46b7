"""Tests of publishing and of the agent."""

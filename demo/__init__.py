"""Invented material for the demonstration: nobody's teeth, nobody's face."""

"""Plans adopted, runs and their stages, holds, bundles."""

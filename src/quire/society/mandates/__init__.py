"""Yes and no: per use, licensee and period; direct licences beside the society."""

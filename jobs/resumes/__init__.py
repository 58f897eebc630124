"""Read resumes (PDF, DOCX, TXT) and turn them into facts by rule, without a model or a database."""

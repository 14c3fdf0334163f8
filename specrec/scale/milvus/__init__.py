"""A library in Milvus, a vector database: pushed there, and asked as a library on disk is."""

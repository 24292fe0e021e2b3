"""The part of the API that is for keys: one table of resources, from which addresses, answers and the OpenAPI
document are made."""

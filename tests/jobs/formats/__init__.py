"""Job folders of every format that was released, as the program of that time wrote them."""

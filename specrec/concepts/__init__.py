"""What a listener may say of a track: the vocabulary of concepts, and the words for them."""

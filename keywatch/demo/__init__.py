"""A company that does not exist: its API keys, two weeks of its traffic, and the incidents put into them."""

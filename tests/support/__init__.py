"""What tests share: crystals, results, small studies, a server and a queue of our own."""

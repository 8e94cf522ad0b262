from lungseg.data.memory import forget_others, kept

OLD, NEW = ("store", "case", "aa"), ("store", "case", "bb")


def test_read_once_until_the_content_changes():
    seen = []

    def read():
        seen.append(1)
        return len(seen), None

    assert kept(OLD, read) is kept(OLD, read)
    assert len(seen) == 1
    assert kept(NEW, read)[0] == 2
    forget_others([NEW])
    assert kept(NEW, read)[0] == 2
    assert kept(OLD, read)[0] == 3
    forget_others([])

"""placeholder"""


def check_content(content, root, today, release):
    return []

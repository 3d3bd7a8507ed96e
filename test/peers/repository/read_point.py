"""Reads the newest point of a repository in a directory, knowing only docs/repository-format.md.

Usage: XENKEEP_PASSPHRASE=... python3 read_point.py DIRECTORY [FILE]
Prints JSON: commit record, for each disk and each stream the SHA-256 of its bytes, and where FILE would be cut. Shares no code with the product.
"""
import base64, hashlib, hmac, json, os, struct, subprocess, sys, unicodedata, zlib
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
directory = sys.argv[1]


def read(name):
    with open(os.path.join(directory, name), 'rb') as file:
        return file.read()


def names(prefix):
    found = []
    for folder, _, files in os.walk(os.path.join(directory, prefix)):
        found += [os.path.relpath(os.path.join(folder, f), directory) for f in files]
    return sorted(found)


def hkdf(key, info, salt=b''):
    prk = hmac.new(salt or bytes(32), key, hashlib.sha256).digest()
    return hmac.new(prk, info + b'\x01', hashlib.sha256).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def unzstd(data):
    return subprocess.run(['zstd', '-dc'], input=data, capture_output=True, check=True).stdout


def ulid_text(raw):
    number, text = int.from_bytes(raw, 'big'), ''
    for _ in range(26):
        text, number = ALPHABET[number & 31] + text, number >> 5
    return text


def aad(type_, compression, session, sequence, length, subject):
    return (b'\x01' + repo + bytes([type_, 1, compression]) + session
            + struct.pack('<II', sequence, length) + subject)


def decrypt(key, sequence, bound, sealed):
    return AESGCM(key).decrypt(struct.pack('<I', sequence) + bytes(8), sealed, bound)


# Sections 3 and 4: bootstrap, slot, root key.
bootstrap = json.loads(read(names('repo')[-1]))
assert set(bootstrap['features']['incompatible']) <= {'moved', 'streams'}
repo = bytes.fromhex(bootstrap['repositoryId'])
passphrase = unicodedata.normalize('NFC', os.environ['XENKEEP_PASSPHRASE']).encode()


def argon2id(salt, slot):
    try:
        from argon2.low_level import Type, hash_secret_raw
        return hash_secret_raw(passphrase, salt, time_cost=slot['passes'], memory_cost=slot['memoryKiB'],
                               parallelism=slot['lanes'], hash_len=32, type=Type.ID)
    except ImportError:
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
        return Argon2id(salt=salt, length=32, iterations=slot['passes'], lanes=slot['lanes'],
                        memory_cost=slot['memoryKiB']).derive(passphrase)


def wrapping_key(slot):
    salt = bytes.fromhex(slot['salt'])
    if slot['slot'] == 'argon2id':
        return argon2id(salt, slot)
    return hashlib.scrypt(passphrase, salt=salt, n=2 ** slot['logN'], r=slot['r'], p=slot['p'],
                          dklen=32, maxmem=2 ** 28)


def open_slot(name):
    slot = json.loads(read(name))
    rest = {k: v for k, v in slot.items() if k != 'crc32'}
    assert slot['crc32'] == '%08x' % zlib.crc32(canonical(rest))
    bound = canonical({k: v for k, v in rest.items() if k != 'wrapped'})
    try:
        return decrypt(wrapping_key(slot), 0, bound, base64.b64decode(slot['wrapped']))
    except InvalidTag:
        return None


kinds = ('.scrypt', '.argon2id')
opened = [open_slot(n) for n in names('keys') if n.endswith(kinds) and '/retired/' not in n]
root = next(key for key in opened if key)
mac_input = canonical({k: v for k, v in bootstrap.items() if k != 'mac'})
mac_key = hkdf(root, b'xenkeep/1 bootstrap\0' + repo)
assert bootstrap['mac'] == hmac.new(mac_key, mac_input, hashlib.sha256).hexdigest()

# Section 5: keys.
id_key = hkdf(root, b'xenkeep/1 id\0' + repo)


def epoch_key(kind, epoch):
    label = b'data' if kind == 1 else b'metadata'
    return hkdf(root, b'xenkeep/1 ' + label + b'\0' + repo + struct.pack('<I', epoch))


def record_id(type_, plaintext):
    key = id_key if type_ == 1 else hkdf(id_key, b'xenkeep/1 record id\0' + repo + bytes([type_]))
    return hmac.new(key, plaintext, hashlib.sha256).digest()


# Section 6: packs.
records = {}


def load_pack(name):
    pack = read(name)
    footer = pack[-84:]
    assert footer[:4] == b'XKPF' and struct.unpack('<I', footer[80:])[0] == zlib.crc32(footer[:80])
    kind, epoch = footer[5], struct.unpack('<I', footer[8:12])[0]
    pack_id, salt = footer[12:28], footer[28:60]
    offset, length, crc, count = struct.unpack('<QIII', footer[60:80])
    assert os.path.basename(name) == ulid_text(pack_id)
    sealed = pack[offset:offset + length + 16]
    assert crc == zlib.crc32(sealed) and offset + length + 16 + 84 == len(pack)
    key = hkdf(epoch_key(2, epoch), b'trailer\0' + repo + pack_id, salt)
    digest = hashlib.sha256(name.encode()).digest()
    trailer = decrypt(key, 0, aad(16, 0, pack_id, 0, length, digest), sealed)
    assert trailer[:4] == b'XKTR' and trailer[5] == kind
    sessions, entries = struct.unpack('<HI', trailer[6:12])
    assert entries == count and len(trailer) == 12 + 64 * sessions + 52 * entries
    for i in range(entries):
        entry = trailer[12 + 64 * sessions + 52 * i:][:52]
        type_, compression, number, sequence, at, size, plain = struct.unpack('<BBHIIII', entry[32:])
        session = trailer[12 + 64 * number:][:64]
        assert session[:4] == b'XKSE' and (number != 0 or pack[:64] == session)
        records[entry[:32]] = (pack[at:at + 56 + size], session, type_, compression, sequence, plain)


def record(id_):
    raw, session, type_, compression, sequence, plain = records[id_]
    header, sealed = raw[:40], raw[40:]
    assert header[:4] == b'XKRC' and header[5] == type_ and header[8:24] == session[12:28]
    assert struct.unpack('<I', header[36:])[0] == zlib.crc32(header[:36] + sealed)
    epoch = struct.unpack('<I', session[8:12])[0]
    key = hkdf(epoch_key(session[6], epoch), b'pack\0' + repo + session[12:28], session[28:60])
    bound = aad(type_, compression, session[12:28], sequence, plain, id_)
    data = decrypt(key, sequence, bound, sealed)
    data = unzstd(data) if compression else data
    assert len(data) == plain and record_id(type_, data) == id_
    return data


# Section 8: the commit record.
def open_sealed(name, type_):
    raw = read(name)
    assert raw[:4] == b'XKSO' and raw[5] == type_
    compression = raw[7]
    epoch, salt = struct.unpack('<I', raw[8:12])[0], raw[12:44]
    plain, size, crc = struct.unpack('<III', raw[44:56])
    assert crc == zlib.crc32(raw[:52] + raw[56:]) and len(raw) == 56 + size + 16
    key = hkdf(epoch_key(2, epoch), b'object\0' + repo, salt)
    digest = hashlib.sha256(name.encode()).digest()
    data = decrypt(key, 0, aad(type_, compression, bytes(16), 0, plain, digest), raw[56:])
    return unzstd(data) if compression else data


point = max(names('points'), key=os.path.basename)
commit = json.loads(open_sealed(point, 17))
tag = hmac.new(id_key, commit['vmUuid'].encode(), hashlib.sha256).hexdigest()[:32]
assert point == 'points/%s/%s' % (tag, commit['point'])
table = base64.b64decode(commit['packTable']['inline'])
wanted = {ulid_text(table[4 + 24 * i:20 + 24 * i]) for i in range(struct.unpack('<I', table[:4])[0])}
# Section 10.2: packs that were rewritten.
moves = [json.loads(open_sealed(name, 20)) for name in names('gc') if name.startswith('gc/moved/')]
went = {p['pack']: p.get('to') for m in moves if commit.get('intent') in m['intents'] for p in m['packs']}
while wanted & went.keys():
    wanted = {went.get(ulid, ulid) for ulid in wanted} - {None}
for name in names('packs') + names('meta'):
    if os.path.basename(name) in wanted:
        load_pack(name)

# Section 7: maps and chunks.
disks = {}
for disk in commit['disks']:
    top = record(bytes.fromhex(disk['root']))
    size, count = struct.unpack('<QI', top[8:20])
    chunk_size = 2 ** top[6]
    assert top[:4] == b'XKMR' and size == disk['size'] and chunk_size == disk['chunkSize']
    image = bytearray()
    for p in range(count):
        page_id = top[20 + 32 * p:][:32]
        page = record(page_id) if any(page_id) else bytes(32768)
        for c in range(1024):
            chunk = page[32 * c:][:32]
            image += record(chunk) if any(chunk) else bytes(chunk_size)
            if len(image) >= size:
                break
    disks[disk['id']] = hashlib.sha256(bytes(image[:size])).hexdigest()

# Section 7.1: streams.
streams = {}
for stream in commit.get('streams', []):
    top = record(bytes.fromhex(stream['root']))
    size, chunks, pages = struct.unpack('<QQI', top[8:28])
    assert top[:4] == b'XKSR' and top[4:8] == b'\x01\x01\0\0' and len(top) == 28 + 36 * pages
    assert size == stream['size'] and chunks == stream['chunks']
    digest, total, seen = hashlib.sha256(), 0, 0
    for p in range(pages):
        page_id, page_bytes = top[28 + 36 * p:][:32], struct.unpack('<I', top[60 + 36 * p:][:4])[0]
        page, before = record(page_id), total
        assert len(page) % 36 == 0 and 1 <= len(page) // 36 <= 1024
        for e in range(len(page) // 36):
            chunk = record(page[36 * e:][:32])
            assert len(chunk) == struct.unpack('<I', page[36 * e + 32:][:4])[0] and 1 <= len(chunk) <= 2 ** 20
            digest.update(chunk)
            total, seen = total + len(chunk), seen + 1
        assert total - before == page_bytes
    assert total == size and seen == chunks
    streams[stream['id']] = digest.hexdigest()


def gear_table():
    block, table = b'', b''
    prk = hmac.new(bytes(32), id_key, hashlib.sha256).digest()
    for n in range(1, 33):
        block = hmac.new(prk, block + b'xenkeep/1 gear\0' + repo + bytes([n]), hashlib.sha256).digest()
        table += block
    return struct.unpack('<256I', table)


def cuts(data):
    gear, found, start, at, h = gear_table(), [], 0, 0, 0
    while at < len(data):
        h = (2 * h + gear[data[at]]) % 2 ** 32
        at += 1
        n = at - start
        zeros = 20 if n <= 212992 else 16
        if (n >= 65536 and h >> (32 - zeros) == 0) or n == 2 ** 20 or at == len(data):
            found.append(n)
            start, h = at, 0
    return found


# Where a file would be cut, to be compared with where the product cut it.
lengths = cuts(open(sys.argv[2], 'rb').read()) if len(sys.argv) > 2 else None
print(json.dumps({'commit': commit, 'disks': disks, 'streams': streams, 'cuts': lengths}))

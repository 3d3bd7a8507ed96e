import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { consoleFiles } from '#local/console/files.ts'

let parent: string
let built: string
let server: Server

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'xenkeep-console-'))
  built = join(parent, 'dist')
  await mkdir(join(built, 'assets'), { recursive: true })
  await writeFile(join(parent, 'secret.txt'), 'secret')
  await writeFile(join(built, 'index.html'), '<p>first</p>')
  await writeFile(join(built, 'assets', 'main-1.js'), 'first()')
  const files = consoleFiles(built)
  server = createServer((request, response) => files(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await new Promise(resolve => server.close(resolve))
  await rm(parent, { recursive: true })
})

/** As it stands: `fetch` would tidy paths up. */
const ask = async (path: string, headers: Record<string, string> = {}) => {
  const { port } = server.address() as AddressInfo
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, headers, agent: false }, resolve).on('error', reject)
  })
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

test('every page is the application, and files below assets are kept for good', async () => {
  const page = await ask('/runs/1')
  expect(page).toMatchObject({ status: 200, body: '<p>first</p>' })
  expect(page.headers['cache-control']).toBe('no-cache')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  const asset = await ask('/assets/main-1.js')
  expect(asset.headers['cache-control']).toContain('immutable')
  expect(await ask('/assets/other.js')).toMatchObject({ status: 404 })
  expect(await ask('/', { 'if-none-match': String(page.headers.etag) })).toMatchObject({
    status: 304,
  })
})

test('who takes gzip gets the file that was compressed when the console was built, as the script that it is', async () => {
  await writeFile(join(built, 'assets', 'main-1.js.gz'), 'compressed')
  const headers = { 'accept-encoding': 'gzip, br' }
  const small = await ask('/assets/main-1.js', headers)
  expect(small).toMatchObject({ status: 200, body: 'compressed' })
  expect(small.headers).toMatchObject({
    ...{ 'content-encoding': 'gzip', 'content-type': 'text/javascript' },
    'cache-control': expect.stringContaining('immutable'),
  })
  expect(await ask('/assets/main-1.js')).toMatchObject({ status: 200, body: 'first()' })
  expect(await ask('/runs/1', headers)).toMatchObject({ status: 200, body: '<p>first</p>' })
})

test.each(['bytes=10-5', 'bytes=5-2', 'bytes=-1', 'bytes=999-', 'lines=1-2'])(
  'a range that makes no sense (%s) is no reason to end',
  async range => {
    expect(await ask('/', { range })).toMatchObject({ status: 200, body: '<p>first</p>' })
  },
)

test('what is built anew is served at once, and what is gone is no reason to end', async () => {
  await ask('/')
  await rm(built, { recursive: true })
  expect(await ask('/')).toMatchObject({
    status: 503,
    body: expect.stringContaining('npm run console'),
  })
  expect(await ask('/assets/main-1.js')).toMatchObject({ status: 503 })
  await mkdir(built)
  await writeFile(join(built, 'index.html'), '<p>second, and longer</p>')
  expect(await ask('/')).toMatchObject({ status: 200, body: '<p>second, and longer</p>' })
})

test('a file that cannot be read any more in the middle ends its own connection', async () => {
  // Reading the memory of a process from its beginning gives EIO; its size is told as 0.
  await symlink('/proc/self/mem', join(built, 'assets', 'broken.js'))
  await expect(ask('/assets/broken.js')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(await ask('/')).toMatchObject({ status: 200 })
})

test('a caller that goes away in the middle leaves no file open', async () => {
  const file = join(built, 'assets', 'large.js')
  await writeFile(file, Buffer.alloc(8 * 1024 * 1024))
  const { port } = server.address() as AddressInfo
  const answer = await new Promise<IncomingMessage>(resolve =>
    get({ host: '127.0.0.1', port, path: '/assets/large.js', agent: false }, resolve),
  )
  const isOpen = async () => {
    const open = await readdir('/proc/self/fd')
    const paths = await Promise.all(open.map(fd => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    return paths.includes(file)
  }
  await expect.poll(isOpen).toBe(true)
  answer.destroy()
  await expect.poll(isOpen).toBe(false)
})

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/%00',
  '/%E0%A4%A',
])('nothing beside the console is told: %s', async path => {
  const { status, body } = await ask(path)
  expect(body).not.toBe('secret')
  expect([200, 404]).toContain(status)
})

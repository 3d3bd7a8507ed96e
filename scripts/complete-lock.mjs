// Adds to package-lock.json the optional platform packages that the registry at hand did not serve when the lock file was
// written. A mirror that holds only some platforms makes `npm install` leave the others out, and `npm ci` then refuses
// the file everywhere ("Missing: … from lock file"). Run it after every change of a dependency; it is idempotent.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const { packages } = lock

const os = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'aix',
]
const cpu = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'wasm32']

const resolvable = (from, name) => {
  for (let at = from; ; at = at.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[`${at ? `${at}/` : ''}node_modules/${name}`]) return true
    if (at === '') return false
  }
}

for (const [from, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (resolvable(from, name)) continue
    const words = name.split(/[-/]/)
    packages[`node_modules/${name}`] = {
      version: version.replace(/^[\^~]/, ''),
      cpu: cpu.filter(c => words.includes(c)),
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: os.filter(o => words.includes(o)),
      ...(words.includes('musl') ? { libc: ['musl'] } : {}),
    }
    console.log(`added ${name}@${version}`)
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)

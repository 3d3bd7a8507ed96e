import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Session } from '../../command.ts'
import { logLines, noise } from '../guest-files.ts'
import { imageMaker } from '../images.ts'
import type { Narrator } from '../narrator.ts'
import { type Closers, type Stage, startPool, startXenkeep } from '../stage.ts'
import { type Directory, makeDirectory, noDirectoryBecause, USERS } from './directory.ts'
import { type GuestSpec, startGuests } from './guests.ts'
import { type Database, noDatabaseBecause, startDatabase } from './postgresql.ts'

const MiB = 1024 * 1024

export const SITE = 'Vienna'
export const DATABASE = 'CitrixVienna'
export const MASTER = 'W11-MASTER'
/** A dedicated desktop whose users changed its disk. */
export const CHANGED = 'VDI-D-01'
const SERVERS = ['DC01', 'SQL01', 'LIC01', 'DDC01', 'DDC02'] as const
const DEDICATED = [CHANGED, 'VDI-D-02']
export const POOLED = 20
const pooledNames = Array.from(
  { length: POOLED },
  (_, i) => `VDI-P-${String(i + 1).padStart(2, '0')}`,
)

/** What a XenDesktop site is made of, as far as this machine can play it. */
export interface SiteStage extends Stage {
  /** Left out where this machine has no PostgreSQL. */
  database?: Database
  /** Left out where this machine has no Samba. */
  directory?: Directory
  /** Folder of the licence server's files. */
  licences: string
}

/** A stretch of the disk of a server, which would be found in the repository if it were stored in the clear (noise does not compress). */
export const tellTaleOf = (name: string): Buffer => noise(name, MiB).subarray(MiB / 2, MiB / 2 + 32)

/** Makes disks and servers, starts pool, XenKeep and the agents in guests. @param closers gets what has to be ended, also when this fails half-way */
export const setSiteStage = async (
  caller: Session,
  folder: string,
  narrator: Narrator,
  closers: Closers,
): Promise<SiteStage> => {
  const maker = imageMaker(folder)
  const image = (name: string) => join(folder, `${name}.raw`)
  narrator.chapter('Making a XenDesktop site: servers, a master image, desktops')
  for (const name of SERVERS)
    await maker.make(image(name), 8 * MiB, [
      ['etc/hostname', Buffer.from(`${name}\n`)],
      ['data', noise(name, MiB)],
    ])
  await maker.make(image(MASTER), 16 * MiB, [['windows', noise(MASTER, 4 * MiB)]])
  await maker.change(image(MASTER), image(CHANGED), {
    written: [['report', logLines('report', 600_000)]],
    removed: [],
  })
  narrator.line(
    `VMs: ${SERVERS.join(', ')}, ${MASTER}; of the image, as Machine Creation Services makes them: ${DEDICATED.length} dedicated desktops, ${POOLED} pooled ones.`,
  )
  const licences = await makeLicences(folder)
  const database = await makeDatabase(folder, narrator, closers)
  const directory = await makeUsers(folder, narrator)
  const { simulator, pool } = await startPool(
    [
      ...['--port', '0'],
      ...[...SERVERS, MASTER].flatMap(name => ['--vm', `${name}=${image(name)}`]),
      ...DEDICATED.flatMap(name => ['--dedicated', `${name}=${MASTER}`]),
      ...pooledNames.flatMap(name => ['--pooled', `${name}=${MASTER}`]),
    ],
    folder,
    closers,
  )
  narrator.line(
    'They run in a XenServer pool, which is simulated; it speaks XAPI and NBD over TLS.',
  )

  narrator.chapter('Starting XenKeep')
  const product = await startXenkeep(caller, { folder, simulator, narrator, closers })
  const stage = {
    ...{ folder, narrator, maker, image, simulator, pool, ...product, licences },
    ...(database && { database }),
    ...(directory && { directory }),
  }

  const guests = guestsOf(stage)
  narrator.chapter('Enrolling guests: the agent of each is a process of its own')
  await startGuests(stage, guests, closers)
  for (const { name, recipe } of guests)
    narrator.line(`${name.padEnd(6)} its settings allow the recipe ${recipe}, and nothing else`)
  narrator.line('They run on this machine, not in the VMs: the simulated ones have no processors.')
  return stage
}

const makeLicences = async (folder: string): Promise<string> => {
  const licences = join(folder, 'licence-server', 'MyFiles')
  await mkdir(licences, { recursive: true })
  await writeFile(join(licences, 'vienna.lic'), logLines('licence', 4_000))
  await writeFile(join(licences, 'options.opt'), 'REPORTLOG +report.rl\n')
  return licences
}

const makeDatabase = async (
  folder: string,
  narrator: Narrator,
  closers: Closers,
): Promise<Database | undefined> => {
  const because = noDatabaseBecause()
  if (because) {
    narrator.line(`NO site database in this demo: ${because}. SQL01 is saved as a VM alone.`)
    return undefined
  }
  const database = await startDatabase(folder, closers)
  await database.sql(`CREATE DATABASE "${DATABASE}"`)
  await database.sql(
    `CREATE TABLE machine (id int PRIMARY KEY, name text NOT NULL, sid uuid NOT NULL);
     INSERT INTO machine SELECT n, 'VDI-' || n, md5(n::text)::uuid FROM generate_series(1, 5000) n;
     CREATE TABLE session (id bigserial PRIMARY KEY, machine int REFERENCES machine, began timestamptz);
     INSERT INTO session (machine, began)
       SELECT 1 + n % 5000, timestamptz '2026-11-01' + n * interval '1 minute' FROM generate_series(1, 20000) n;`,
    DATABASE,
  )
  narrator.line(
    `Site database ${DATABASE}: a real PostgreSQL server, in the place of SQL Server (5,000 machines, 20,000 sessions).`,
  )
  return database
}

const makeUsers = async (folder: string, narrator: Narrator): Promise<Directory | undefined> => {
  const because = noDirectoryBecause()
  if (because) {
    narrator.line(`NO directory in this demo: ${because}. DC01 is saved as a VM alone.`)
    return undefined
  }
  const directory = await makeDirectory(folder)
  narrator.line(`Directory of DC01: a real domain of Samba with the users ${USERS.join(', ')}.`)
  return directory
}

const guestsOf = ({ database, directory, licences }: SiteStage): GuestSpec[] => [
  { name: 'LIC01', recipe: 'files', parameters: { roots: [licences] } },
  ...(database
    ? [
        {
          ...{ name: 'SQL01', recipe: 'postgresql' },
          parameters: { server: '127.0.0.1', port: database.port, user: 'postgres' },
          secrets: { password: database.passwordFile },
        },
      ]
    : []),
  ...(directory
    ? [
        {
          ...{ name: 'DC01', recipe: 'samba-ad-dc' },
          parameters: {
            configFile: directory.configFile,
            // Where a restore makes the domain anew, and as which controller.
            ...{ targetFolder: directory.restoredTo, newServerName: 'dc02' },
            newAddress: '127.0.0.1',
          },
        },
      ]
    : []),
]

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openObjectStore } from '#adapters/open-object-store.ts'
import { MACHINE, Machine } from '#core/recovery/machine.ts'
import type { Asking } from '#gateway-agent/recovery/ask.ts'
import { describeMachine } from '#gateway-agent/recovery/describe-machine.ts'
import type { Repository } from '#repository/index.ts'
import { listing, sums } from '#test/support/file-tree/listing.ts'
import { jobsOf } from '#test/support/recipes/job.ts'
import { recipeRoom } from '#test/support/recipes/room.ts'
import {
  type LinuxMachine,
  linuxMachine,
  missingPackages,
} from '#test/support/recovery/linux-machine.ts'
import { fixtureDisk } from '#test/support/recovery/loop-part.ts'
import { startMachine } from '#test/support/recovery/start-machine.ts'
import { newRepository, PASSPHRASE } from '#test/support/repository/open.ts'
import { describeWithTools } from '#test/support/tools.ts'
import { xenkeep } from '#test/support/xenkeep.ts'

/*
 * A small Linux machine of Debian's kernel, busybox and GRUB is saved by the recipe "linux-system", and made anew on an empty disk image by "xenkeep tree recover"
 * with nothing but the repository. Passes when QEMU starts the new disk, its own init tells what only the saved files hold, and find, sha256sum, getfacl
 * and getfattr say of its file systems what they said of the old ones. Faults: every refusal leaves the disk as it was; a recovery that is killed leaves no mount
 * and no loop device.
 */
const MIB = 1024 * 1024
const folder = mkdtempSync(join(tmpdir(), 'xenkeep-recovery-'))
const address = `file:${join(folder, 'repository')}`

/** One block for each file, in the order of their names. */
const sorted = (text: string): string[] => text.split('\n\n').sort()

/** What programs of others say of the files of a machine. */
const filesOf = (root: string) => {
  const tool = (...argv: string[]) =>
    execFileSync(argv[0] as string, argv.slice(1), { cwd: root, encoding: 'utf8' })
  return {
    listing: listing(root).filter(line => !/^(lost\+found|srv\/lost\+found)?\|/.test(line)),
    sums: sums(root),
    lists: sorted(tool('getfacl', '--recursive', '--numeric', '--absolute-names', '.')),
    attributes: sorted(
      tool('getfattr', '--recursive', '--physical', '--no-dereference', '--dump', '--match=-', '.'),
    ),
    blocks: statSync(join(root, 'srv/hole')).blocks < 100,
  }
}

/** The same of an image whose machine does not run. */
const filesOn = (disk: string) => {
  const part = fixtureDisk(disk)
  const parts = [part(4), part(3)] as const
  const root = mkdtempSync(join(folder, 'look-'))
  try {
    execFileSync('mount', ['-o', 'ro', parts[0].device, root])
    execFileSync('mount', ['-o', 'ro', parts[1].device, join(root, 'srv')])
    return filesOf(root)
  } finally {
    execFileSync('umount', ['--recursive', root])
    for (const each of parts) each.close()
  }
}

/** A machine that gave its answers on the console, and whose disk lies here. */
const answering = (answers: ReadonlyMap<string, string>, disk: string): Asking => ({
  ask: async argv => {
    const answer = answers.get(argv.join(' '))
    if (answer === undefined) throw new Error(`nobody asked it ${argv.join(' ')}`)
    return answer
  },
  read: async () => undefined,
  head: async (_, bytes) => {
    const file = await open(disk)
    try {
      return (await file.read(Buffer.alloc(bytes), 0, bytes, 0)).buffer
    } finally {
      await file.close()
    }
  },
})

const emptyDisk = (name: string, mib: number): string => {
  const path = join(folder, name)
  writeFileSync(path, '')
  truncateSync(path, mib * MIB)
  return path
}

const loopsOn = (disk: string): string =>
  execFileSync('losetup', ['--associated', disk], { encoding: 'utf8' })

/** Turns a bit in packs that files of the first machine went into; the very first ones hold its description, too. */
const damageOldPacks = (packs: string): void => {
  const found = readdirSync(packs, { recursive: true, encoding: 'utf8' })
    .map(name => join(packs, name))
    .filter(path => statSync(path).isFile())
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
  for (const path of found.slice(4, 7)) {
    const bytes = readFileSync(path)
    bytes[200] = (bytes[200] ?? 0) ^ 1
    rmSync(path)
    writeFileSync(path, bytes)
  }
}

// What a killed one leaves in the folder for temporary files goes with the folder of the test.
const env = { XENKEEP_PASSPHRASE: PASSPHRASE, TMPDIR: folder }
const recover = (point: string, ...args: string[]) =>
  xenkeep(['tree', 'recover', point, ...args, '--repository', address], env)

const documents = (stdout: string) =>
  stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

describeWithTools(
  ['qemu-system-x86_64', 'sfdisk', 'mkfs.xfs', 'cpio', 'getfacl', 'setcap'],
  'a Linux machine that is made anew',
  () => {
    let repository: Repository
    let pointIds: Record<'gpt' | 'dos', string>
    let files: Record<'gpt' | 'dos', ReturnType<typeof filesOf>>
    let machines: Record<'gpt' | 'dos', LinuxMachine>

    const saved = async (
      machine: LinuxMachine,
      made: Awaited<ReturnType<typeof newRepository>>,
    ) => {
      const room = await recipeRoom({
        allowed: { 'linux-system': { parameters: { root: machine.root } } },
      })
      try {
        const { capture } = jobsOf({ ...room, ...made }, 'linux-system')
        const { point, notes } = await capture()
        expect(notes).toEqual([])
        return point.pointId
      } finally {
        await room.close()
      }
    }

    beforeAll(async () => {
      const missing = missingPackages()
      if (missing.length > 0) throw new Error(`Install the Debian packages ${missing.join(', ')}.`)
      const made = await newRepository(await openObjectStore(address))
      repository = made.repository
      machines = { gpt: linuxMachine(folder, 'gpt'), dos: linuxMachine(folder, 'dos') }
      files = { gpt: filesOf(machines.gpt.root), dos: filesOf(machines.dos.root) }
      pointIds = { gpt: await saved(machines.gpt, made), dos: await saved(machines.dos, made) }
      // Nothing is left of them but what is in the repository.
      for (const { unmount, disk } of Object.values(machines)) {
        unmount()
        rmSync(disk)
      }
    }, 120_000)

    afterAll(async () => {
      await repository?.close()
      for (const { unmount } of Object.values(machines ?? {})) unmount()
      rmSync(folder, { recursive: true, force: true })
    })

    const describedIn = async (pointId: string): Promise<Machine> => {
      const ref = (await Array.fromAsync(repository.points())).find(({ id }) => id === pointId)
      if (!ref) throw new Error('There is no point.')
      const point = await repository.readPoint(ref)
      const parts = await Array.fromAsync(repository.readStream(point, MACHINE, {}), part =>
        Buffer.from(part),
      )
      return Machine.parse(JSON.parse(Buffer.concat(parts).toString()))
    }

    test('the point tells in JSON what the machine was', async () => {
      const machine = await describedIn(pointIds.gpt)
      expect(machine).toMatchObject({
        ...{ hostname: 'books-01', operatingSystem: 'A small Debian', architecture: 'x86_64' },
        ...{ firmware: 'bios', kernels: [expect.stringContaining('vmlinuz-')] },
        disks: [
          { bytes: 800 * MIB, sectorBytes: 512, bootLoader: 'grub', table: { label: 'gpt' } },
        ],
      })
      expect(machine.fstab).toHaveLength(3)
      expect(machine.fileSystems).toMatchObject([
        { type: 'swap', partition: 2, uuid: machines.gpt.uuids.swap, label: 'room' },
        {
          type: 'xfs',
          partition: 3,
          uuid: machines.gpt.uuids.srv,
          label: 'work',
          mountPoint: '/srv',
        },
        {
          type: 'ext4',
          partition: 4,
          uuid: machines.gpt.uuids.root,
          label: 'the system',
          mountPoint: '/',
        },
      ])
    })

    test('comes back on a larger disk, and starts from it', async () => {
      const disk = emptyDisk('new-gpt.img', 1200)
      const plan = await recover(pointIds.gpt, disk, '--dry-run')
      expect(plan.stdout).toContain('books-01: A small Debian, x86_64, BIOS\n')
      expect(plan.stdout).toContain('partition 4 grows to the end of the disk: 845 MiB')
      expect(plan.stdout).toContain(
        `partition 3: xfs ("work", ${machines.gpt.uuids.srv}), 320 MiB, for /srv`,
      )
      expect(plan.exitCode).toBe(0)
      expect(statSync(disk).blocks).toBe(0)

      const done = await recover(pointIds.gpt, disk, '--json')
      expect(done.stderr).toBe('')
      const last = documents(done.stdout).at(-1)
      expect(last).toMatchObject({ event: 'recovered', whole: true, trees: [{}, {}] })
      expect(done.exitCode).toBe(0)
      expect(loopsOn(disk)).toBe('')
      expect(filesOn(disk)).toEqual(files.gpt)
      execFileSync('sfdisk', ['--verify', disk])

      const { told, console } = await startMachine(disk)
      expect(console).toContain('THE MACHINE HAS STARTED')
      const ledger = files.gpt.sums.find(line => line.endsWith('srv/books/ledger.bin')) ?? ''
      expect(told).toMatchObject({
        ...{ hostname: 'books-01', secret: machines.gpt.secret, sum: ledger.split(' ')[0] },
        root: expect.stringMatching(/^(\/dev\/vda4) \1 \/ ext4 rw/),
        cmdline: expect.stringContaining(`root=UUID=${machines.gpt.uuids.root}`),
        ...{ srv: '1', swap: '1', owner: '1234:2345 660', link: '2' },
      })
      expect(Number(told.size)).toBeGreaterThan(700 * 1024)
    }, 600_000)

    test('comes back on a disk just as large with a table of DOS, and starts from it', async () => {
      const disk = emptyDisk('new-dos.img', 800)
      // A block device, as the disks of a machine are.
      const device = execFileSync('losetup', ['--find', '--show', disk], {
        encoding: 'utf8',
      }).trim()
      const done = await recover(pointIds.dos, device).finally(() => {
        expect(loopsOn(device)).toBe('')
        execFileSync('losetup', ['--detach', device])
      })
      expect(done.stdout).toContain('Writing the boot loader of')
      expect(done.stdout).toContain('books-01 is on its disks again')
      expect(done.exitCode).toBe(0)
      expect(filesOn(disk)).toEqual(files.dos)
      const { told, console, answers } = await startMachine(disk)
      expect(console).toContain('THE MACHINE HAS STARTED')
      expect(told.secret).toBe(machines.dos.secret)

      // As it runs, with partitions that its kernel knows, it is described as its image was.
      const running = await describeMachine(answering(answers, disk), '/')
      const was = await describedIn(pointIds.dos)
      expect(running.folders).toEqual(['/', '/srv'])
      const [name = ''] = was.disks.map(each => each.name)
      const anonymous = ({ disks, fileSystems }: Machine) =>
        JSON.parse(
          JSON.stringify({
            disks,
            fileSystems: fileSystems.map(({ options, bytes, usedBytes, tree, ...rest }) => rest),
          })
            .replaceAll(name, 'DISK')
            .replaceAll('vda', 'DISK'),
        )
      expect(anonymous(running.machine)).toEqual(anonymous(was))
    }, 600_000)

    test('a disk that is too small, taken, in use or no disk is refused, and stays as it is', async () => {
      const small = emptyDisk('small.img', 799)
      const unfit = await recover(pointIds.gpt, small)
      expect(unfit.stderr).toContain('RECOVERY_DISK_UNFIT')
      expect(unfit.stderr).toContain(`${799 * MIB} bytes, and what was on`)
      expect(unfit.exitCode).toBe(2)

      const taken = emptyDisk('taken.img', 800)
      writeFileSync(taken, 'notes of somebody')
      truncateSync(taken, 800 * MIB)
      const refused = await recover(pointIds.gpt, taken)
      expect(refused.stderr).toContain('is not empty: it holds data of a kind that is not known')
      expect(refused.stderr).toContain(`--overwrite ${taken}`)
      expect(refused.exitCode).toBe(2)
      expect(readFileSync(taken).subarray(0, 17).toString()).toBe('notes of somebody')

      execFileSync('mkfs.ext4', ['-q', '-F', taken], { stdio: 'ignore' })
      const signed = await recover(pointIds.gpt, taken)
      expect(signed.stderr).toContain('it holds ext4')
      const mount = join(folder, 'in-use')
      mkdirSync(mount)
      execFileSync('mount', ['-o', 'loop', taken, mount])
      try {
        const busy = await recover(pointIds.gpt, taken, '--overwrite', taken)
        expect(busy.stderr).toContain('RECOVERY_DISK_IN_USE')
        expect(busy.exitCode).toBe(2)
      } finally {
        execFileSync('umount', [mount])
      }

      const none = await recover(pointIds.gpt, join(folder, 'nothing.img'))
      expect(none.stderr).toContain('RECOVERY_DISK_UNUSABLE')
      const two = await recover(pointIds.gpt, small, taken)
      expect(two.stderr).toContain('RECOVERY_DISKS_MISMATCH')
      const stray = await recover(pointIds.gpt, small, '--overwrite', taken)
      expect(stray.stderr).toContain('which is none of the disks')
      expect(loopsOn(taken) + loopsOn(small)).toBe('')
    }, 120_000)

    test('a point without recovery information is refused', async () => {
      const source = join(folder, 'source')
      mkdirSync(source)
      const backup = ['tree', 'backup', source, '--name', 'files', '--repository', address]
      expect((await xenkeep(backup, env)).exitCode).toBe(0)
      const refused = await recover('latest:files', emptyDisk('for-files.img', 800))
      expect(refused.stderr).toContain('RECOVERY_INFORMATION_MISSING')
      expect(refused.exitCode).toBe(2)
    })

    test('killed on its way it leaves nothing behind, and the next one makes it whole', async () => {
      const disk = emptyDisk('killed.img', 800)
      const args = ['cli/main.ts', 'tree', 'recover', pointIds.gpt, disk, '--repository', address]
      const child = spawn(process.execPath, args, {
        ...{ stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
      })
      const ended = once(child, 'close')
      for await (const line of createInterface({ input: child.stdout }))
        if (line === 'Laying the files of /') {
          expect(loopsOn(disk)).not.toBe('')
          child.kill('SIGKILL')
        }
      await ended
      // The kernel takes it all away once the last process has gone.
      await expect.poll(() => loopsOn(disk)).toBe('')
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('xenkeep-recover-')

      const refused = await recover(pointIds.gpt, disk)
      expect(refused.stderr).toContain('RECOVERY_DISK_TAKEN')
      expect(refused.exitCode).toBe(2)
      // As if it had been killed between making a loop device and saying that it is to go.
      execFileSync('losetup', ['--find', '--offset', '1048576', disk])
      const done = await recover(pointIds.gpt, disk, '--overwrite', disk)
      expect(done.stderr).toBe('')
      expect(done.exitCode).toBe(0)
      expect(loopsOn(disk)).toBe('')
      expect(filesOn(disk)).toEqual(files.gpt)
    }, 120_000)

    test('stopped by a signal it unmounts, and says that it was interrupted', async () => {
      const disk = emptyDisk('stopped.img', 800)
      const left = () => readdirSync(folder).filter(name => name.startsWith('xenkeep-recover-'))
      const before = left()
      const args = ['cli/main.ts', 'tree', 'recover', pointIds.gpt, disk, '--repository', address]
      const child = spawn(process.execPath, args, {
        ...{ stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } },
      })
      const ended = once(child, 'close')
      for await (const line of createInterface({ input: child.stdout }))
        if (line === 'Laying the files of /') child.kill('SIGTERM')
      expect((await ended)[0]).toBe(130)
      await expect.poll(() => loopsOn(disk)).toBe('')
      expect(left()).toEqual(before)
    }, 120_000)

    test('with damaged data everything else comes back, and it is said that it is not whole', async () => {
      const copy = join(folder, 'damaged')
      cpSync(join(folder, 'repository'), copy, { recursive: true, preserveTimestamps: true })
      damageOldPacks(join(copy, 'packs'))
      const disk = emptyDisk('not-whole.img', 800)
      const args = ['tree', 'recover', pointIds.gpt, disk, '--repository', `file:${copy}`]
      const done = await xenkeep(args, env)
      expect(done.stdout, done.stderr).toContain('NOT RESTORED: ')
      expect(done.stdout).toContain('books-01 is on its disks again, but NOT WHOLE')
      expect(done.exitCode).toBe(6)
      expect(filesOn(disk).listing.length).toBeGreaterThan(files.gpt.listing.length - 20)
    }, 120_000)
  },
)

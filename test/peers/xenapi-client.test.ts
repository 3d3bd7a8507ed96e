import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type PoolOptions, startPool } from '#sim/pool.ts'
import { quick, rawFiles, type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'
import { describeWithTools, requireTool } from '#test/support/tools.ts'

// Debian's fence-agents bring two clients of the real XAPI: the Python module XenAPI and the command fence_xenapi.
// Neither knows of us, so what they understand is what a XenServer would have told them.
const run = promisify(execFile)
const MODULE = '/usr/share/fence'

const startQuickPool = (options: PoolOptions = {}) => startPool({ ...options, timing: quick })

describeWithTools(['fence_xenapi'], 'clients of the real XAPI', () => {
  let files: Awaited<ReturnType<typeof rawFiles>>
  let pool: SimulatedPool
  beforeAll(async () => {
    files = await rawFiles({ a: Buffer.alloc(256 * 1024, 7), 'ca.pem': Buffer.alloc(0) })
    pool = await simulatedPool({ vms: [{ name: 'web', disks: [files.path('a')] }] })
  })
  afterAll(async () => {
    await pool.close()
    await files.remove()
  })

  const python = async (url: string, uuid: string, env: Record<string, string> = {}) => {
    const script = fileURLToPath(new URL('xenapi-client.py', import.meta.url))
    const { stdout } = await run('/usr/bin/python3', [script, url, 'root', 'xenserver', uuid], {
      env: { ...process.env, PYTHONPATH: MODULE, PYTHONDONTWRITEBYTECODE: '1', ...env },
      timeout: 40_000,
    })
    return JSON.parse(stdout)
  }

  test('the Python module logs in, reads, snapshots and understands failures, over verified TLS', async () => {
    const secure = await startQuickPool({ vms: [{ name: 'web', disks: [files.path('a')] }] })
    try {
      await writeFile(files.path('ca.pem'), secure.hosts[0]?.certificatePem ?? '')
      const uuid = secure.vms.web ?? ''
      const seen = await python(secure.hosts[0]?.url ?? '', uuid, {
        SSL_CERT_FILE: files.path('ca.pem'),
      })
      expect(seen).toMatchObject({
        wrongPassword: ['SESSION_AUTHENTICATION_FAILED', 'root', 'Authentication failure'],
        types: {
          memory: String(2 * 1024 ** 3),
          isTemplate: false,
          shadow: 1,
          date: '19700101T00:00:00Z',
          tags: [],
          platform: 'qemu-upstream-compat',
        },
        unicode: '世界',
        duplicate: ['MAP_DUPLICATE_KEY', 'VM', 'other_config', uuid, 'grüße & <mehr>'],
        int64: String(2 ** 40),
        counts: 3,
        snapshot: { is_a_snapshot: true, is_a_template: true, snapshot_of: seen.snapshotOf },
        nbd: { address: '127.0.0.1', subject: 'xenserver-1' },
        changed: '00',
        // This client takes one off both counts, to allow for the session it adds by itself.
        tooFew: ['MESSAGE_PARAMETER_COUNT_MISMATCH', 'VM.start', '2', '0'],
        unknown: ['MESSAGE_METHOD_UNKNOWN', 'VM.fly'],
        halted: 'Halted',
      })
      expect(seen.taskResult).toMatch(/^<value>OpaqueRef:[0-9a-f-]{36}<\/value>$/)
      expect(seen.events).toContain('vm_guest_metrics')
    } finally {
      await secure.close()
    }
  })

  test('a certificate that was not pinned is refused by that client', async () => {
    const secure = await startQuickPool()
    try {
      await expect(python(secure.hosts[0]?.url ?? '', '')).rejects.toThrow(
        'CERTIFICATE_VERIFY_FAILED',
      )
    } finally {
      await secure.close()
    }
  })

  const fence = async (...args: string[]) => {
    const base = ['--session-url', pool.url, '-l', 'root', '-p', 'xenserver', '-q', ...args]
    const { stdout } = await run(requireTool('fence_xenapi'), base, { timeout: 40_000 })
    return stdout
  }

  test('fence_xenapi lists the VMs and sees, cuts and restores their power', async () => {
    const uuid = pool.vms.web ?? ''
    expect(await fence('-o', 'list')).toContain(`${uuid},web`)
    expect(await fence('-o', 'status', '-n', uuid)).toContain('Status: ON')
    await fence('-o', 'off', '-n', uuid)
    const vm = await pool.rpc('VM.get_by_uuid', uuid)
    expect(await pool.rpc('VM.get_power_state', vm)).toBe('Halted')
    await fence('-o', 'on', '-n', uuid)
    expect(await pool.rpc('VM.get_power_state', vm)).toBe('Running')
  })
})

import { describe, expect, it } from 'vitest'
import { memoryObjectStore } from '#adapters/memory/object-store.ts'
import { StoreUnavailableError } from '#core/errors/store.ts'
import { ownerOf } from '#core/points/marks.ts'
import { createChore } from '#gateway-agent/control/chore.ts'
import { createSweep, inventoryChore, reconcileChore } from '#gateway-agent/housekeeping.ts'
import { createRepositories } from '#gateway-agent/repositories.ts'
import { createFakeControl, GATEWAY } from '#test/support/fake-control.ts'
import { createFakePool } from '#test/support/fake-pool.ts'
import { impatience, memoryLog, until } from '#test/support/patience.ts'
import { newRepository } from '#test/support/repository/open.ts'

describe('a chore', () => {
  it('runs again when poked, never twice at once, and tells a failure once', async () => {
    const log = memoryLog()
    const stopping = new AbortController()
    let inside = 0
    let turns = 0
    const chore = createChore({
      name: 'The chore',
      everyMs: 1_000_000,
      patience: {
        wait: (_, signal) =>
          new Promise(resolve => {
            if (signal?.aborted) resolve()
            signal?.addEventListener('abort', () => resolve())
          }),
      },
      log,
      async work() {
        expect(++inside).toBe(1)
        await impatience.wait(0)
        inside--
        turns++
        if (turns < 4) throw new StoreUnavailableError('answer')
      },
    })
    const running = chore.run(stopping.signal)
    for (let turn = 1; turn <= 4; turn++) {
      await until(`turn ${turn}`, () => turns >= turn)
      await impatience.wait(0)
      chore.poke()
    }
    await until('it works again', () => log.lines.includes('The chore works again.'))
    expect(log.lines.filter(line => line.includes('STORE_UNAVAILABLE'))).toHaveLength(1)
    stopping.abort()
    await running
  })
})

describe('the inventory', () => {
  it('keeps what a pool told last while the pool is silent', async () => {
    const control = createFakeControl()
    const [one, two] = [createFakePool().pool, createFakePool().pool]
    let silent = false
    const silenced = {
      ...two,
      readInventory: () =>
        silent ? Promise.reject(new StoreUnavailableError('x')) : two.readInventory(),
    }
    const stopping = new AbortController()
    const chore = inventoryChore({
      client: control.client,
      gatewayId: () => GATEWAY,
      pools: {
        connected: () => [one, silenced],
        addressOf: () => 'https://two',
        unreachable: () => [],
      },
      patience: impatience,
      log: memoryLog(),
    })
    const running = chore.run(stopping.signal)
    const both = [one.uuid, two.uuid].sort()
    const told = () => control.inventory.map(({ uuid }) => uuid).sort()
    await until('both are told', () => told().length === 2)
    silent = true
    control.inventory = []
    await until('both are told all the same', () => told().length === 2)
    expect(told()).toEqual(both)
    expect(control.unreachable).toMatchObject([{ address: 'https://two' }])
    silent = false
    await until('it answers again', () => control.unreachable.length === 0)
    stopping.abort()
    await running
  })

  it('is told once while it stays the same, and again when it has changed', async () => {
    const control = createFakeControl()
    const { pool } = createFakePool()
    let [looks, calls, name] = [0, 0, 'as it was']
    const stopping = new AbortController()
    const last = { report: '' }
    const chore = inventoryChore({
      client: {
        call: (route, input) => {
          calls++
          return control.client.call(route, input)
        },
      },
      gatewayId: () => GATEWAY,
      pools: {
        connected: () => [
          {
            ...pool,
            readInventory: async () => {
              looks++
              return { ...(await pool.readInventory()), name }
            },
          },
        ],
        addressOf: () => '',
        unreachable: () => [],
      },
      told: () => last,
      patience: impatience,
      log: memoryLog(),
    })
    const running = chore.run(stopping.signal)
    await until('it was looked at often', () => looks > 5)
    expect(calls).toBe(1)
    name = 'renamed'
    await until('the change was told', () => control.inventory[0]?.name === 'renamed')
    stopping.abort()
    await running
    expect(calls).toBe(2)
  })

  it('tells of pools that were never reached', async () => {
    const control = createFakeControl()
    const stopping = new AbortController()
    const never = { address: 'https://10.0.0.1', problem: 'No host answers.' }
    const chore = inventoryChore({
      client: control.client,
      gatewayId: () => GATEWAY,
      pools: { connected: () => [], addressOf: () => '', unreachable: () => [never] },
      patience: impatience,
      log: memoryLog(),
    })
    const running = chore.run(stopping.signal)
    await until('it is told', () => control.unreachable.length === 1)
    expect(control.unreachable).toEqual([never])
    stopping.abort()
    await running
  })
})

describe('the sweep', () => {
  it('is put off while the repository cannot be opened, and made good later', async () => {
    const made = await newRepository(memoryObjectStore())
    const fake = createFakePool()
    const { uuid } = fake.addVm('web01', [new Uint8Array(1024)])
    await fake.pool.snapshotVm({
      vmUuid: uuid,
      jobId: made.jobId(),
      owner: ownerOf(made.repository.id),
      signal: new AbortController().signal,
    })
    let away = true
    const repositories = createRepositories(async () => {
      if (away) throw new StoreUnavailableError('answer')
      return made.repository
    })
    const log = memoryLog()
    const { sweep, again } = createSweep({
      installation: { load: async () => undefined, save: async () => undefined },
      repositories,
      address: 'memory:',
      isRunning: () => false,
      openJobs: async () => ({ open: [], elsewhere: [] }),
      log,
    })
    await sweep(fake.pool)
    expect(fake.snapshots.size).toBe(1)
    expect(log.lines.join()).toContain('STORE_UNAVAILABLE')
    away = false
    await again()
    expect(fake.isClean()).toBe(true)
  })

  it('starts VMs that a job stopped although the repository is away, and looks again where one did not start', async () => {
    const fake = createFakePool()
    const asked: string[] = []
    let failed = ['The VM "db" does NOT run.']
    let watched = 0
    fake.pool.startStopped = async owner => {
      asked.push(owner)
      return { started: [], failed, watched }
    }
    const log = memoryLog()
    const { sweep, again } = createSweep({
      repositories: createRepositories(async () => {
        throw new StoreUnavailableError('answer')
      }),
      address: 'memory:',
      isRunning: () => false,
      openJobs: async () => ({ open: [], elsewhere: [] }),
      installation: { load: async () => '0123456789ab', save: async () => undefined },
      log,
    })
    await sweep(fake.pool)
    expect(asked).toEqual(['0123456789ab'])
    expect(log.lines.join()).toContain('does NOT run')
    failed = []
    watched = 1
    await again()
    expect(asked).toHaveLength(2)
    await again()
    expect(asked).toHaveLength(3)
  })

  it('asks a control plane that does not answer once, however many VMs are down', async () => {
    const fake = createFakePool()
    const left: boolean[] = []
    fake.pool.startStopped = async (_owner, isAtWork) => {
      for (const jobId of ['a', 'b', 'c']) left.push(await isAtWork(jobId))
      return { started: [], failed: [], watched: 0 }
    }
    let asked = 0
    const { sweep } = createSweep({
      repositories: createRepositories(async () => {
        throw new StoreUnavailableError('answer')
      }),
      address: 'memory:',
      isRunning: jobId => jobId === 'a',
      openJobs: async () => {
        asked++
        throw new Error('away')
      },
      installation: { load: async () => '0123456789ab', save: async () => undefined },
      log: memoryLog(),
    })
    await sweep(fake.pool)
    expect(left).toEqual([true, false, false])
    expect(asked).toBe(1)
  })

  it('is made good by the comparison also while the repository is away: a VM may be down', async () => {
    let looks = 0
    const stopping = new AbortController()
    const chore = reconcileChore({
      client: createFakeControl().client,
      repositories: createRepositories(async () => {
        throw new StoreUnavailableError('answer')
      }),
      address: 'memory:',
      sweepAgain: async () => {
        looks++
      },
      patience: impatience,
      log: memoryLog(),
    })
    const running = chore.run(stopping.signal)
    await until('it has looked', () => looks > 0)
    stopping.abort()
    await running
  })
})

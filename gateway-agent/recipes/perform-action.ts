import { hostname, release, type } from 'node:os'
import type { Step } from '#core/contracts/recipe-steps.ts'
import type { Phase } from '#core/contracts/recipes.ts'
import type { Action, HostFact } from '#core/recipes/action.ts'
import { factsFromAttributes, factsFromRows, factsFromText } from '#core/recipes/gives.ts'
import type { Value } from '#core/recipes/parameters.ts'
import { keepMachine } from '../recovery/keep-machine.ts'
import { type ActionRoom, fail, guardEnd, programOf, reveal, revealAll } from './action-room.ts'
import { giveStream, keepFile, keepStream, writeFile } from './content-actions.ts'

/**
 * Does what a step says.
 * @returns facts that it found, with no secret in them
 * @throws ActionError, FillError; coded errors for what is understood (`DATABASE_*`, `STAGING_FULL`), and of the repository
 */
export const performAction = async (
  action: Action,
  { step, phase }: { step: Step; phase: Phase },
  room: ActionRoom,
): Promise<Record<string, Value>> => {
  switch (action.kind) {
    case 'exec': {
      const { stdin, expect, gives } = action
      const input = stdin && reveal(stdin, room)
      const end = await room.ports.run({ ...programOf(action, room), stdin: input })
      guardEnd(action, end, expect, room)
      return redacted(factsFromText(gives, end), room)
    }
    case 'sql': {
      const { connection, gives } = action
      const { password, ...open } = connection
      const secret = password === undefined ? undefined : room.secrets.get(password)
      const { engine, database, text } = action
      const answer = await room.ports.sql({
        ...{ engine, connection: open, text, signal: room.signal, folder: room.staging.path },
        ...(database !== undefined && { database }),
        ...(secret !== undefined && { password: secret }),
      })
      if ('said' in answer) fail(answer.said, room, { program: engine })
      return redacted(factsFromRows(gives, 'rows' in answer ? answer.rows : []), room)
    }
    case 'stream':
      await (phase === 'restore' ? giveStream : keepStream)(action, step, room)
      return {}
    case 'file':
      await (phase === 'restore' ? writeFile : keepFile)(action, step, room)
      return {}
    case 'ldap': {
      const { bind, gives, kind: _, ...ask } = action
      const password = bind && room.secrets.get(bind.password)
      const attributes = [...new Set(Object.values(gives).map(({ attribute }) => attribute))]
      const answer = await room.ports.ldap({
        ...{ ...ask, attributes, signal: room.signal },
        ...(bind && password !== undefined && { bind: { dn: bind.dn, password } }),
      })
      if ('said' in answer) return fail(answer.said, room)
      const { values } = answer
      return redacted(
        factsFromAttributes(gives, name => values[name] ?? []),
        room,
      )
    }
    case 'http': {
      const { method, url, headers, body, expect, gives } = action
      const sent = body && reveal(body, room)
      const answer = await room.ports.http({
        ...{ method, url, headers: revealAll(headers, room), signal: room.signal },
        ...(sent !== undefined && { body: sent }),
      })
      if ('said' in answer) return fail(answer.said, room)
      if (!expect.status.includes(answer.status))
        fail(`the answer is ${answer.status}: ${room.redact(answer.body).slice(0, 300)}`, room)
      if (expect.body !== undefined && !new RegExp(expect.body, 'mu').test(answer.body))
        fail(`the answer is not what it has to be (${expect.body}).`, room)
      return redacted(factsFromText(gives, { stdout: answer.body, stderr: '' }), room)
    }
    case 'facts':
      return Object.fromEntries(
        Object.entries(action.gives).map(([name, how]) => [
          name,
          'of' in how ? HOST[how.of]() : how.value,
        ]),
      )
    case 'machine': {
      const known = await keepMachine(action.root, step.id, room)
      const facts = Object.entries(action.gives).map(([name, { of }]) => [name, known[of]])
      return redacted(Object.fromEntries(facts), room)
    }
    // Of a restore, which stops at both (run-steps.ts).
    case 'manual':
    case 'rule':
      return {}
    case 'fileTree': {
      const { kind: _, ...tree } = action
      if (phase === 'restore') {
        const came = await room.kept?.tree(tree.as, tree.root, room.signal)
        if (came) room.note(came.note)
        if (came?.failed !== undefined) fail(came.failed, room)
      } else {
        const note = await room.keeper?.tree(tree, room.signal)
        if (note !== undefined) room.note(note)
      }
      return {}
    }
  }
}

const HOST: Record<HostFact, () => string> = {
  hostname,
  osName: type,
  osVersion: release,
  architecture: () => process.arch,
}

const redacted = (facts: Record<string, Value>, room: ActionRoom): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' ? room.redact(value) : value.map(item => room.redact(item)),
    ]),
  )

import type { StepPorts } from '#gateway-agent/recipes/ports.ts'

/** One thing that was asked and what came back, as the documentation of the real thing shows it. */
export type Exchange =
  | {
      /** All arguments; a regular expression for what differs each time. */
      argv: readonly (string | RegExp)[]
      env?: Readonly<Record<string, string | RegExp>>
      stdin?: string | RegExp
      exit?: number
      stdout?: string
      stderr?: string
      /** What the program does beside writing, as making a file. */
      does?: (argv: readonly string[]) => Promise<void> | void
    }
  | {
      sql: string | RegExp
      database?: string
      rows?: string[][]
      /** What the server complained of. */
      said?: string
    }
  | { ldap: string | RegExp; values?: Record<string, string[]>; said?: string }
  | { http: string | RegExp; status?: number; body?: string; said?: string }

/**
 * Stands in for programs and servers that cannot be had: every call has to be the next one of the transcript, to the letter, and gets its answer.
 * @returns the ports, and a check that nothing of the transcript is left
 */
export const transcript = (exchanges: readonly Exchange[]) => {
  const left = [...exchanges]
  const next = <K extends string>(kind: K, asked: string) => {
    const exchange = left.shift()
    if (!exchange || !(kind in exchange))
      throw new Error(`The transcript does not have this ${kind} here: ${asked}`)
    return exchange as Extract<Exchange, Record<K, unknown>>
  }
  const same = (what: string, expected: string | RegExp | undefined, actual = ''): void => {
    const isSame =
      expected === undefined ||
      (typeof expected === 'string' ? expected === actual : expected.test(actual))
    if (!isSame) throw new Error(`The transcript has ${what} ${expected}, and not ${actual}`)
  }
  const ports: StepPorts = {
    run: async ({ argv, env, stdin }, take) => {
      const exchange = next('argv', argv.join(' '))
      if (exchange.argv.length !== argv.length)
        throw new Error(`The transcript has ${exchange.argv.join(' ')}, and not ${argv.join(' ')}`)
      for (const [index, expected] of exchange.argv.entries())
        same('the argument', expected, argv[index])
      for (const [name, expected] of Object.entries(exchange.env ?? {}))
        same(`${name} =`, expected, env[name])
      let given = ''
      if (typeof stdin === 'string') given = stdin
      else if (stdin) given = Buffer.concat(await Array.fromAsync(stdin)).toString()
      same('the input', exchange.stdin, given)
      await exchange.does?.(argv)
      const { exit = 0, stdout = '', stderr = '' } = exchange
      if (!take) return { exit, stdout, stderr }
      await take(
        (async function* () {
          yield Buffer.from(stdout)
        })(),
      )
      return { exit, stdout: '', stderr }
    },
    sql: async ({ text, database }) => {
      const exchange = next('sql', text)
      same('the SQL', exchange.sql, text)
      same('the database', exchange.database, database)
      return exchange.said === undefined ? { rows: exchange.rows ?? [] } : { said: exchange.said }
    },
    ldap: async ({ filter, base }) => {
      const exchange = next('ldap', `${filter} below ${base}`)
      same('the filter', exchange.ldap, filter)
      return exchange.said === undefined
        ? { values: exchange.values ?? {} }
        : { said: exchange.said }
    },
    http: async ({ url }) => {
      const exchange = next('http', url)
      same('the address', exchange.http, url)
      return exchange.said === undefined
        ? { status: exchange.status ?? 200, body: exchange.body ?? '' }
        : { said: exchange.said }
    },
  }
  return {
    ports,
    assertOver: (): void => {
      if (left.length > 0)
        throw new Error(`${left.length} exchanges of the transcript were never asked for.`)
    },
  }
}

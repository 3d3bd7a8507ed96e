import type { SqlEngine } from '#core/contracts/recipe-steps.ts'
import type { ProgramCall, RunProgram, RunSql, SqlCall } from './ports.ts'

type Client = (call: SqlCall) => Pick<ProgramCall, 'argv' | 'env' | 'stdin'>

/** psql (PostgreSQL manual, reference): rows as lines with tabs between columns, the text on standard input, what says who we are in the environment. */
const psql: Client = ({ connection: { server, port, user }, password, database, text }) => ({
  argv: [
    ...['psql', '--no-psqlrc', '--no-password', '--quiet', '--tuples-only', '--no-align'],
    ...['--field-separator=\t', '--set=ON_ERROR_STOP=1', '--set=VERBOSITY=verbose'],
  ],
  env: {
    ...(server !== undefined && { PGHOST: server }),
    ...(port !== undefined && { PGPORT: port }),
    ...(user !== undefined && { PGUSER: user }),
    ...(password !== undefined && { PGPASSWORD: password }),
    // Not an argument: there a name with "=" in it would be a whole connection string.
    ...(database !== undefined && { PGDATABASE: database }),
    PGCONNECT_TIMEOUT: '30',
  },
  stdin: `${text}\n`,
})

/**
 * sqlcmd (Microsoft, sqlcmd utility): `-E` as the account of the agent unless there is a user; `-x` and `-X1` so that nothing in the text is a variable or a command
 * of sqlcmd (but `-X` keeps the environment away from it, too, and with it SQLCMDPASSWORD); `-b` for an exit code, `-r1` for errors on standard error; `-W -s -h -1`
 * for bare rows, `-w` since they are broken after 80 characters otherwise; `-f` for UTF-8 in both directions. The letters have no space before their number: it is
 * theirs only then.
 */
const sqlcmd: Client = ({ connection: { server, port, user }, password, database, text }) => ({
  argv: [
    ...['sqlcmd', '-S', `${server ?? '.'}${port === undefined ? '' : `,${port}`}`],
    ...(user === undefined ? ['-E'] : ['-U', user]),
    ...(database === undefined ? [] : ['-d', database]),
    ...['-b', '-r1', '-x', ...(password === undefined ? ['-X1'] : [])],
    ...['-W', '-s', '\t', '-h', '-1', '-w', '65535', '-f', '65001', '-l', '30'],
  ],
  env: password === undefined ? {} : { SQLCMDPASSWORD: password },
  stdin: `SET NOCOUNT ON;\n${text}\nGO\n`,
})

const CLIENTS: Record<SqlEngine, Client> = { postgresql: psql, sqlserver: sqlcmd }

/** SQL by the command-line client of each engine, which every server of it brings along. */
export const sqlByPrograms =
  (run: RunProgram): RunSql =>
  async call => {
    const { folder, signal } = call
    const { exit, stdout, stderr, trouble } = await run({
      ...CLIENTS[call.engine](call),
      folder,
      signal,
    })
    if (exit !== 0)
      return { said: stderr.trim() || trouble || `its client ended with exit code ${exit}` }
    const rows = stdout
      .split(/\r?\n/)
      .filter(line => line !== '')
      .map(line => line.split('\t'))
    return { rows }
  }

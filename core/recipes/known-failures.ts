import type { XenkeepError } from '../errors/base.ts'
import {
  GuestRightMissingError,
  PowershellPartMissingError,
  ShadowCopyFailedError,
  SqlBackupFailedError,
  SqlBackupUnreadableError,
  SqlCertificateUntrustedError,
  SqlLoginFailedError,
  WindowsBackupFailedError,
} from '../errors/recipe-failures.ts'
import {
  DatabaseInUseError,
  DatabaseLoginRefusedError,
  DatabaseNotFoundError,
  DatabaseProgramOlderError,
  DatabaseUnreachableError,
  StagingFullError,
} from '../errors/recipes.ts'

/** What a program wrote when it failed. */
interface Said {
  /** The program itself, as the recipe names it; of SQL the engine. */
  program: string
  text: string
}

interface Known {
  programs: RegExp
  /** The first group is what the error repeats; without one, the whole line. */
  pattern: RegExp
  error: (why: string) => XenkeepError
}

const SQL = /^(sqlcmd(\.exe)?|sqlserver)$/i
/** All of them speak with libpq's words. */
const POSTGRESQL = /^(psql|pg_dump|pg_dumpall|pg_restore|postgresql)$/
const POWERSHELL = /^(powershell|pwsh)(\.exe)?$/i

/** A message of SQL Server: number, and the line that follows (Microsoft, "Understand Database Engine errors"). */
const message = (numbers: string) =>
  new RegExp(`Msg (?:${numbers}), Level \\d+[^\\r\\n]*\\r?\\n\\s*([^\\r\\n]+)`)

/** The more telling first: a failed restore tells 3241 and then 3013. */
const KNOWN: readonly Known[] = [
  {
    programs: SQL,
    pattern: message('3241|3242|3243'),
    error: why => new SqlBackupUnreadableError(why),
  },
  { programs: SQL, pattern: message('18456|18452'), error: why => new SqlLoginFailedError(why) },
  {
    programs: SQL,
    pattern: /(Login failed[^\r\n]+)/,
    error: why => new SqlLoginFailedError(why),
  },
  {
    programs: SQL,
    // ODBC Driver for SQL Server: SSL Provider, SEC_E_UNTRUSTED_ROOT and SEC_E_WRONG_PRINCIPAL.
    pattern:
      /((?:The certificate chain was issued by an authority that is not trusted|The target principal name is incorrect|certificate verify failed)[^\r\n]*)/,
    error: why => new SqlCertificateUntrustedError(why),
  },
  {
    programs: SQL,
    pattern: /Operating system error 112\(([^)]+)\)/,
    error: why => new StagingFullError('the staging folder', `SQL Server says: ${why}`),
  },
  {
    programs: SQL,
    // The message that stands before "… is terminating abnormally" is the reason.
    pattern: /Msg (?!3013)\d+, Level \d+[^\r\n]*\r?\n\s*([^\r\n]+)[\s\S]*?Msg 3013, Level \d+/,
    error: why => new SqlBackupFailedError(why),
  },
  { programs: SQL, pattern: message('3013'), error: why => new SqlBackupFailedError(why) },
  {
    programs: POSTGRESQL,
    pattern:
      /^(.*(?:password authentication failed|no pg_hba\.conf entry|authentication failed for user|no password supplied|role ".*" does not exist).*)$/m,
    error: why => new DatabaseLoginRefusedError(why),
  },
  {
    programs: POSTGRESQL,
    pattern: /^(.*is being accessed by other users.*)$/m,
    error: why => new DatabaseInUseError(why),
  },
  {
    programs: POSTGRESQL,
    // The second line of pg_dump has the versions.
    pattern: /(server version: [^\r\n]*version: [^\r\n]*)/,
    error: why => new DatabaseProgramOlderError(why),
  },
  {
    programs: POSTGRESQL,
    pattern: /^(.*unsupported version .* in file header.*)$/m,
    error: why => new DatabaseProgramOlderError(why),
  },
  {
    programs: POSTGRESQL,
    pattern: /^(.*database ".*" does not exist.*)$/m,
    error: why => new DatabaseNotFoundError(why),
  },
  {
    programs: POSTGRESQL,
    pattern: /^(.*(?:connection to server .* failed: |could not translate host name ).*)$/m,
    error: why => new DatabaseUnreachableError(why),
  },
  {
    programs: /^wbadmin(\.exe)?$/i,
    pattern: /^(?:ERROR - |Detailed error: )([^\r\n]+)/m,
    error: why => new WindowsBackupFailedError(why),
  },
  {
    programs: /^(diskshadow|vssadmin)(\.exe)?$/i,
    pattern: /^(?:Error: )?([^\r\n]*(?:already in use|VSS_E_|failed|cannot|error)[^\r\n]*)/im,
    error: why => new ShadowCopyFailedError(why),
  },
  {
    programs: POWERSHELL,
    pattern:
      /([^\r\n]*(?:snap-ins?[^\r\n]*(?:not installed|exist)|is not recognized as|module [^\r\n]* was not loaded)[^\r\n]*)/,
    error: why => new PowershellPartMissingError(why),
  },
  {
    programs: POWERSHELL,
    pattern:
      /([^\r\n]*(?:Access is denied|do not have permission|Insufficient administrative)[^\r\n]*)/i,
    error: why => new GuestRightMissingError(why),
  },
]

/** Bytes of a program's words that a message repeats at most. */
const LONGEST = 500

/**
 * What a program of a vendor complained of, as a coded sentence. Patterns are those of English versions; what is not known here is told as it was written.
 * @param program without its folder
 */
export const knownFailure = ({ program, text }: Said): XenkeepError | undefined => {
  for (const { programs, pattern, error } of KNOWN) {
    if (!programs.test(program)) continue
    const found = pattern.exec(text)
    if (found) return error((found[1] ?? found[0]).trim().slice(0, LONGEST))
  }
  return undefined
}

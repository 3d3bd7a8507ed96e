import { expect, test } from 'vitest'
import { knownFailure } from '#core/recipes/known-failures.ts'

/** As Microsoft's pages on the errors 3013, 3241 and 18456, the tools themselves and Citrix's SDK pages show them. */
const SAID: [program: string, text: string, code: string, told: RegExp][] = [
  [
    'sqlcmd.exe',
    "Msg 3241, Level 16, State 0, Server SQL1, Line 2\r\nThe media family on device 'G:\\backup\\ProdDB_backup.bak' is incorrectly formed. SQL Server cannot process this media family.\r\nMsg 3013, Level 16, State 1, Server SQL1, Line 2\r\nVERIFY DATABASE is terminating abnormally.\r\n",
    'SQL_BACKUP_UNREADABLE',
    /media family on device 'G:\\backup/,
  ],
  [
    'sqlserver',
    "Msg 3201, Level 16, State 1, Server SQL1, Line 1\nCannot open backup device 'C:\\staging\\CitrixSite.bak'. Operating system error 5(Access is denied.).\nMsg 3013, Level 16, State 1, Server SQL1, Line 1\nBACKUP DATABASE is terminating abnormally.\n",
    'SQL_BACKUP_FAILED',
    /Operating system error 5\(Access is denied\.\)/,
  ],
  [
    'sqlserver',
    'Msg 3202, Level 16, State 1, Server SQL1, Line 1\nWrite on "C:\\staging\\CitrixMonitoring.bak" failed: 112(There is not enough space on the disk.)\nMsg 3271, Level 16, State 1, Server SQL1, Line 1\nA nonrecoverable I/O error occurred on file "C:\\staging\\CitrixMonitoring.bak:" Operating system error 112(There is not enough space on the disk.).\nMsg 3013, Level 16, State 1, Server SQL1, Line 1\nBACKUP DATABASE is terminating abnormally.\n',
    'STAGING_FULL',
    /not enough space on the disk/,
  ],
  [
    'sqlcmd',
    'Msg 3013, Level 16, State 1, Line 1\nBACKUP DATABASE is terminating abnormally.\n',
    'SQL_BACKUP_FAILED',
    /terminating abnormally/,
  ],
  [
    'sqlcmd',
    "Sqlcmd: Error: Microsoft ODBC Driver 17 for SQL Server : Login failed for user 'CORP\\SQL1$'..\n",
    'SQL_LOGIN_FAILED',
    /Login failed for user 'CORP\\SQL1\$'/,
  ],
  [
    'sqlcmd',
    "Msg 18456, Level 14, State 1, Server SQL1, Line 1\nLogin failed for user 'NT AUTHORITY\\SYSTEM'.\n",
    'SQL_LOGIN_FAILED',
    /NT AUTHORITY\\SYSTEM/,
  ],
  [
    'wbadmin.exe',
    'wbadmin 1.0 - Backup command-line tool\r\n(C) Copyright Microsoft Corporation. All rights reserved.\r\n\r\nERROR - The specified backup storage location cannot be accessed.\r\n',
    'WINDOWS_BACKUP_FAILED',
    /storage location cannot be accessed/,
  ],
  [
    'diskshadow.exe',
    '-> expose %xenkeep% X:\r\n-> %xenkeep% = {aff5187b-adc4-46a1-8cf4-edfbb66a296b}\r\nThe  drive letter is already in use.\r\n',
    'SHADOW_COPY_FAILED',
    /drive letter is already in use/,
  ],
  [
    'powershell.exe',
    "Add-PSSnapin : No snap-ins have been registered for Windows PowerShell version 5.\r\nAdd-PSSnapin : The Windows PowerShell snap-in 'Citrix.Broker.Admin.V2' is not installed on this computer.\r\n",
    'POWERSHELL_PART_MISSING',
    /Citrix\.Broker\.Admin\.V2/,
  ],
  [
    'powershell.exe',
    'Get-BrokerSite : Insufficient administrative privilege\r\n',
    'GUEST_RIGHT_MISSING',
    /Insufficient administrative privilege/,
  ],
  [
    'sqlcmd.exe',
    'Sqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : SSL Provider: The certificate chain was issued by an authority that is not trusted.\r\n.\r\nSqlcmd: Error: Microsoft ODBC Driver 18 for SQL Server : Client unable to establish connection.\r\n',
    'SQL_CERTIFICATE_UNTRUSTED',
    /authority that is not trusted/,
  ],
  [
    'pg_dump',
    'pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 16.1; pg_dump version: 15.5\n',
    'DATABASE_PROGRAM_OLDER',
    /server version: 16\.1; pg_dump version: 15\.5/,
  ],
  [
    'pg_restore',
    'pg_restore: error: unsupported version (1.16) in file header\n',
    'DATABASE_PROGRAM_OLDER',
    /unsupported version \(1\.16\)/,
  ],
  [
    'pg_restore',
    'pg_restore: error: could not execute query: ERROR:  database "shop" is being accessed by other users\nDETAIL:  There is 1 other session using the database.\n',
    'DATABASE_IN_USE',
    /being accessed by other users/,
  ],
]

test.each(SAID)('%s that writes %j', (program, text, code, told) => {
  const error = knownFailure({ program, text })
  expect(error?.code).toBe(code)
  expect(error?.message).toMatch(told)
  expect(error?.message).not.toMatch(/[\r\n]/)
})

test('what nobody knows is told by nobody', () => {
  expect(knownFailure({ program: 'sqlcmd', text: 'all is well' })).toBeUndefined()
  expect(knownFailure({ program: 'pg_dump', text: 'Msg 3013, Level 16\nx' })).toBeUndefined()
  expect(knownFailure({ program: 'wbadmin', text: '' })).toBeUndefined()
})

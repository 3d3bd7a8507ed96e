/** What an agent is set up with, as the console knows it. */
export interface Enrolment {
  code: string
  /** Where the control plane answers. */
  control: string
  /** Of the repository; what is not known stands in angle brackets. */
  repository?: string | undefined
  name?: string | undefined
}

/** A word of a POSIX shell: within single quotes nothing is special but the quote itself. */
const sh = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
/** The same of PowerShell, which takes typographic quotes for quotes. */
const ps = (text: string): string => `'${text.replaceAll(/['‘’‚‛]/g, '$&$&')}'`

const TO_FILL = {
  name: '<name of this guest>',
  repository: '<s3://bucket/prefix>',
  file: '<file with its passphrase>',
}

/** Writes the settings, which name what is allowed, and the service that runs the agent. */
export const linuxSettings = ({ control, name, repository }: Enrolment): string =>
  [
    'node cli/main.ts guests install --data /var/lib/xenkeep \\',
    `  --name ${sh(name ?? TO_FILL.name)} --control ${sh(control)} \\`,
    `  --repository ${sh(repository ?? TO_FILL.repository)} --passphrase-file ${sh(TO_FILL.file)} \\`,
    "  --recipe '<recipe>' --json |",
    '  node -pe \'JSON.parse(require("fs").readFileSync(0)).unit\' \\',
    '  > /etc/systemd/system/xenkeep-guest.service',
  ].join('\n')

export const linuxEnrolment = ({ code }: Enrolment): string =>
  [
    '( umask 077; mkdir -p /var/lib/xenkeep/gateway',
    `  printf %s ${sh(code)} > /var/lib/xenkeep/gateway/enrolment-code )`,
    'systemctl daemon-reload && systemctl enable --now xenkeep-guest',
  ].join('\n')

export const windowsSettings = ({ control, name, repository }: Enrolment): string =>
  [
    "node cli\\main.ts guests install --data 'C:\\ProgramData\\XenKeep' `",
    `  --name ${ps(name ?? TO_FILL.name)} --control ${ps(control)} \``,
    `  --repository ${ps(repository ?? TO_FILL.repository)} --passphrase-file ${ps(TO_FILL.file)} \``,
    "  --recipe '<recipe>' | Out-Null",
    "icacls 'C:\\ProgramData\\XenKeep' /inheritance:r /grant '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F'",
  ].join('\n')

export const windowsEnrolment = ({ code }: Enrolment): string =>
  [
    "New-Item -ItemType Directory -Force 'C:\\ProgramData\\XenKeep\\gateway' | Out-Null",
    `Set-Content -NoNewline 'C:\\ProgramData\\XenKeep\\gateway\\enrolment-code' ${ps(code)}`,
    "node gateway-agent\\main.ts --data 'C:\\ProgramData\\XenKeep'",
  ].join('\n')

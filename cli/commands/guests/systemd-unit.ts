/** systemd.syntax(7): a word in quotes, with what is special in them escaped; `%` stands for itself when doubled. */
const word = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`

/**
 * The agent in a guest as a service. However it ends, all of its processes killed included, systemd thaws what it may have frozen.
 * @param node program that runs it
 * @param agent its main module
 */
export const unitText = ({
  node,
  agent,
  dataDir,
  mounts,
}: {
  node: string
  agent: string
  dataDir: string
  mounts: readonly string[]
}): string =>
  [
    '[Unit]',
    'Description=XenKeep agent of this guest',
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    `ExecStart=${[node, agent, '--data', dataDir].map(word).join(' ')}`,
    'Restart=always',
    'RestartSec=5',
    '# Its settings or its identity are wrong: starting again would change nothing.',
    'RestartPreventExitStatus=2',
    '# The agent is asked first, and lets go what it holds; what is left is killed.',
    'KillMode=mixed',
    'TimeoutStopSec=40',
    '# The memory of the agent, and of programs that it hands secrets, is written to no disk.',
    'LimitCORE=0',
    ...(mounts.length > 0
      ? [
          '# Whatever killed all of its processes at once. Nothing is done where it is not frozen.',
          ...mounts.map(mount => `ExecStopPost=-/usr/sbin/fsfreeze --unfreeze ${word(mount)}`),
        ]
      : []),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')

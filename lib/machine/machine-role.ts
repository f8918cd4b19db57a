/** The roles that a machine can have: what its user data chooses. */

export type MachineRole =
  | 'webhead'
  | 'keysigner'
  | 'dbwriter'
  | 'ring-node'
  | 'log-router'
  | 'generator'
  | 'mail-sink'
  | 'box';

export { profileFiles, type SandboxEnvironment, sandboxEnvironment, shellLines } from './environment.ts';
export { guardLoopback, isLoopback } from './loopback-guard.ts';
export { type ProcessReport, readProcesses } from './processes.ts';
export type { SandboxProgress, StartSandboxOptions } from './sandbox-options.ts';
export { type Sandbox, startSandbox } from './start-sandbox.ts';
export { readState, type SandboxState } from './state.ts';

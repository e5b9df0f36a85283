const command =
  /(?<![\w./-])roadstead(?= (?:up|plan|apply|down|status|history|kubeconfig|token|render|schema|channel check|permissions|sandbox)\b)/g;

/**
 * Libraries speak of a command as `roadstead up`. This puts the way in which the process was started in its place, so that
 * a person can copy the line.
 */
export function asStarted(text: string, program: string): string {
  return text.replaceAll(command, () => program);
}

/** A word as a shell takes it: quoted where it must be. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

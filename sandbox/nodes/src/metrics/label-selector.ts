/** Whether labels fit a selector in its text form: `a=b,c!=d,e in (x,y),f notin (z),g,!h`. An empty one fits all. */
export function fitsSelector(selector: string, labels: Readonly<Record<string, string>>): boolean {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .every((part) => fits(part, labels));
}

function fits(part: string, labels: Readonly<Record<string, string>>): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(part);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    const has = values.includes(labels[set[1] ?? ''] ?? '\u0000');
    return set[2] === 'in' ? has : !has;
  }
  const equality = /^(\S+?)\s*(!=|==|=)\s*(\S*)$/.exec(part);
  if (equality !== null) {
    const same = labels[equality[1] ?? ''] === equality[3];
    return equality[2] === '!=' ? !same : same;
  }
  return part.startsWith('!') ? labels[part.slice(1)] === undefined : labels[part] !== undefined;
}

/** The number of a zone in its region, from 0: `euc1-az2` is 1. Undefined for what is no availability zone (Local Zones, Wavelength). */
export function zoneSlot(zoneId: string): number | undefined {
  const number = /^[a-z]+\d-az(\d)$/.exec(zoneId)?.[1];
  return number === undefined || number === '0' ? undefined : Number(number) - 1;
}

// Asks a server by subsonic-api (npm), and prints each method with what it answered, as JSON.
// node client.mjs FOLDER/node_modules/subsonic-api/lib/index.js ADDRESS AUTH POST SONG OTHER
const [library, url, auth, post, song, other] = process.argv.slice(2);
const { SubsonicAPI } = await import(library);
const api = new SubsonicAPI({ url, auth: JSON.parse(auth), post: post === "post" });

const entry = (await api.getSong({ id: song })).song;
const calls = {
  ping: () => api.ping(),
  getLicense: () => api.getLicense(),
  getUser: () => api.getUser({ username: "ada" }),
  getOpenSubsonicExtensions: () => api.getOpenSubsonicExtensions(),
  getScanStatus: () => api.getScanStatus(),
  getMusicFolders: () => api.getMusicFolders(),
  getIndexes: () => api.getIndexes({ musicFolderId: "0" }),
  getMusicDirectory: () => api.getMusicDirectory({ id: entry.albumId }),
  getArtists: () => api.getArtists({ musicFolderId: "0" }),
  getArtist: () => api.getArtist({ id: entry.artistId }),
  getArtistInfo: () => api.getArtistInfo({ id: entry.artistId }),
  getArtistInfo2: () => api.getArtistInfo2({ id: entry.artistId }),
  getAlbum: () => api.getAlbum({ id: entry.albumId }),
  getSong: () => api.getSong({ id: song }),
  getGenres: () => api.getGenres(),
  getAlbumList: () => api.getAlbumList({ type: "newest" }),
  getAlbumList2: () => api.getAlbumList2({ type: "newest" }),
  getRandomSongs: () => api.getRandomSongs({ size: 5 }),
  getSongsByGenre: () => api.getSongsByGenre({ genre: entry.genre }),
  getStarred: () => api.getStarred(),
  getStarred2: () => api.getStarred2(),
  search2: () => api.search2({ query: entry.title }),
  search3: () => api.search3({ query: "", songCount: 1000 }),
  getSimilarSongs: () => api.getSimilarSongs({ id: song, count: 5 }),
  getSimilarSongs2: () => api.getSimilarSongs2({ id: entry.artistId, count: 5 }),
  getSonicSimilarTracks: () => api.customJSON("getSonicSimilarTracks", { id: song, count: 5 }),
  findSonicPath: () => api.customJSON("findSonicPath", { startSongId: song, endSongId: other }),
  createPlaylist: () => api.createPlaylist({ name: "from node", songId: [song, other] }),
  getPlaylists: () => api.getPlaylists(),
  getPlaylist: () => api.getPlaylist({ id: made }),
  updatePlaylist: () => api.updatePlaylist({ playlistId: made, songIndexToRemove: [0] }),
  deletePlaylist: () => api.deletePlaylist({ id: made }),
  scrobble: () => api.scrobble({ id: song }),
  star: () => api.star({ id: song }),
  getPodcasts: () => api.getPodcasts(),
};
let made;
const answers = {};
for (const [name, call] of Object.entries(calls)) {
  answers[name] = await call();
  made ??= answers[name].playlist?.id;
}
for (const name of ["stream", "download", "getCoverArt"]) {
  const response = await api[name]({ id: song });
  const bytes = (await response.arrayBuffer()).byteLength;
  answers[name] = { status: response.status, type: response.headers.get("content-type"), bytes };
}
console.log(JSON.stringify(answers));
